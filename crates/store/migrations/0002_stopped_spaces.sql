-- The queue finds stopped spaces by their tag, which spaces stored until now do not have; they have no other tags.

INSERT INTO document_tag (tag, document_id)
    SELECT 'task-queue-stopped:true', id FROM document
    WHERE kind = 'Spaces' AND body LIKE '%"TaskQueueStopped":true%'
    ON CONFLICT DO NOTHING;

UPDATE document SET tags = 'task-queue-stopped:true'
    WHERE kind = 'Spaces' AND tags = '' AND body LIKE '%"TaskQueueStopped":true%';
