-- What a fact says lies under "value", in a form that is numbered for each kind, and "protocol" says how it came.
UPDATE facts SET value = json_remove(
    json_set(value,
        '$.form', 1,
        '$.value', CASE
            WHEN json_extract(value, '$.state') IS NOT NULL THEN json_extract(value, '$.state')
            ELSE json_object('new', json_extract(value, '$.new'), 'old', ifnull(json_extract(value, '$.old'), 0))
        END,
        '$.protocol', 'xmpp'),
    '$.state', '$.new', '$.old', '$.door')
WHERE json_valid(value);
UPDATE tombstones SET value = json_remove(json_set(value, '$.protocol', 'xmpp'), '$.door') WHERE json_valid(value);

-- Keys begin with the board. Until now all domains shared one: where rows of several are found, it goes on as "shared",
-- and a row in meta says so; where they are of one domain, its board has the name of that.
CREATE TEMP TABLE owners (account TEXT);
INSERT INTO owners SELECT key FROM accounts;
INSERT INTO owners SELECT key FROM confirmations;
INSERT INTO owners SELECT substr(key, 1, instr(key, '|') - 1) FROM origins;
INSERT INTO owners SELECT substr(key, 1, instr(key, '|') - 1) FROM facts;
INSERT INTO owners SELECT substr(key, 1, instr(key, '|') - 1) FROM tombstones;
CREATE TEMP TABLE board (name TEXT, domains INTEGER);
INSERT INTO board
    SELECT CASE count(*) WHEN 1 THEN max(domain) ELSE 'shared' END, count(*)
    FROM (SELECT DISTINCT substr(account, instr(account, '@') + 1) AS domain FROM owners WHERE account LIKE '%@%');
UPDATE origins       SET key = (SELECT name FROM board) || '|' || key;
UPDATE facts         SET key = (SELECT name FROM board) || '|' || key;
UPDATE tombstones    SET key = (SELECT name FROM board) || '|' || key;
UPDATE confirmations SET key = (SELECT name FROM board) || '|' || replace(replace(key, '%', '%25'), '|', '%7C');
INSERT INTO meta SELECT 'boards', '{"shared":true}', 0 FROM board WHERE domains > 1;
DROP TABLE owners;
DROP TABLE board;
