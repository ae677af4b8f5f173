-- Housekeeping looks for the oldest jobs, step by step, however many there are.
create index job_created on job (created_ms);
