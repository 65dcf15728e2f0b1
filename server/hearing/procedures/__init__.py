"""The procedures as data, one file each; read and checked by `server.hearing.procedure_tables`. Holds no code."""
