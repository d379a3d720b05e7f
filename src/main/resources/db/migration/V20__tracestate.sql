-- W3C Trace Context has two parts. What a sender's tracing system keeps in the second goes on with the first.
ALTER TABLE inbox
    ADD COLUMN tracestate text;

ALTER TABLE outbox
    ADD COLUMN tracestate text;

COMMENT ON COLUMN outbox.tracestate IS 'W3C Trace Context of the message that caused this one; null if it had none';
