"""The door: HTTP, the WebSocket, the wire format. Decides nothing about the law."""
