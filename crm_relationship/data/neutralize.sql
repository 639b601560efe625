-- A copy of the database reaches no customer and opens no customer's page.

-- contacts whose message still waits in a queue: it will never leave
UPDATE crm_interaction
   SET state = 'cancelled',
       reason_code = 'by_hand',
       outcome = NULL,
       date_done = NULL,
       cost = 0,
       duration = 0
 WHERE state = 'done'
   AND (id IN (SELECT crm_interaction_id FROM mail_mail
                WHERE state IN ('outgoing', 'exception'))
        OR id IN (SELECT crm_interaction_id FROM sms_sms
                   WHERE state IN ('outgoing', 'error')));

-- the messages themselves, those that would be tried again included
UPDATE mail_mail
   SET state = 'cancel'
 WHERE crm_interaction_id IS NOT NULL
   AND state IN ('outgoing', 'exception');
UPDATE sms_sms
   SET state = 'canceled'
 WHERE crm_interaction_id IS NOT NULL
   AND state IN ('outgoing', 'error');

-- our jobs
UPDATE ir_cron
   SET active = false
 WHERE id IN (
       SELECT res_id
         FROM ir_model_data
        WHERE model = 'ir.cron'
          AND module = 'crm_relationship'
);

-- links to customers' pages: signed with another salt than production's, so that those
-- of one open nothing in the other
INSERT INTO ir_config_parameter (key, value)
VALUES ('crm_relationship.link_salt', gen_random_uuid()::text)
    ON CONFLICT (key) DO
       UPDATE SET value = gen_random_uuid()::text;

-- and they lead elsewhere: as in a new database, until an administrator logs in
UPDATE ir_config_parameter
   SET value = 'http://localhost:8069'
 WHERE key = 'web.base.url';
DELETE FROM ir_config_parameter
 WHERE key = 'web.base.url.freeze';
