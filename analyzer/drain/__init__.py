"""The model: from activity and DNS answers to a verdict."""
