"""The reference at `/docs`, made of the OpenAPI document."""
