"""The shapes of requests and answers, for OpenAPI and its readers; answers are core views."""
