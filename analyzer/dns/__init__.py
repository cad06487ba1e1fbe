"""What resolvers answer: asked, recorded, and understood: who still hands out the old address, and until when."""
