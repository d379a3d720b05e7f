/**
 * The limits of the worker's two HTTP ports, the one of page and API and the one of management. What a port refuses costs nothing but
 * the answer: bodies are not read, and neither memory nor a file grows with what a client sends. Answers are
 * {@code application/problem+json} (RFC 9457).
 */
package ecommerce.inventory.ports;
