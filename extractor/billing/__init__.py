"""The question asked the other way round: is a code that was billed supported by the note?"""
