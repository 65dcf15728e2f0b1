"""The data plane behind one port: protects, routes, rewrites. Decides nothing."""
