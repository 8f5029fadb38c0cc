-- The keys of facts begin with who says so: "account|eid|subject" where "subject|account|eid" was.
UPDATE facts      SET key = substr(key, instr(key, '|') + 1) || '|' || substr(key, 1, instr(key, '|') - 1);
UPDATE tombstones SET key = substr(key, instr(key, '|') + 1) || '|' || substr(key, 1, instr(key, '|') - 1);
