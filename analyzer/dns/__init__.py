"""What resolvers answer: recorded snapshots, and what they say about who still hands out the old address."""
