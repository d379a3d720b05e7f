/**
 * The limits of the worker's two HTTP ports, one for page and API and one for management. A refusal costs only its answer: bodies are
 * not read, and neither memory nor a file grows with what a client sends. Answers are {@code application/problem+json} (RFC 9457).
 */
package ecommerce.inventory.ports;
