"""Ground floor: GraphQL documents and declared queries in, SQL and JSON out; knows no noun."""
