"""The shapes of answers, for OpenAPI and its readers; the answers themselves are core views."""
