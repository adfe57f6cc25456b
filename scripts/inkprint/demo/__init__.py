"""The demo's little world: its words (world), its plain sentences (sentences) and its plain chats (chats)."""
