"""Chat webhooks: pure translators from what a provider posts to events in the chat vocabulary (SEMANTICS 10).

May touch: its arguments. Clock, secrets and the visitor a contact is known as come as arguments.
Must never: pass on what was written in a chat, or raise at anything JSON can hold.
"""
