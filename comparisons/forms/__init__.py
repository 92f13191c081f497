"""What people fill in, a module a subject. A form cleans, asks an action, and says its refusal beside a field."""
