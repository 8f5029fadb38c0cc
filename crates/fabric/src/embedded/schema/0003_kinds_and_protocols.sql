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
