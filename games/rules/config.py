"""What only one type of game needs: the exact JSON of `Game.config`. Prizes of a wheel and a scratch card are rows.

A text is a plain string or `{"en": "…", "lt": "…"}`, kept as the partner wrote it (`rules.texts` reads it). A key is 1 to
50 letters, digits, `_` and `-`, unique in its list; where the partner gives none, `q1`, `a1`, `p1`, `i1`… is given, and
it never changes afterwards: plays and collected items name it. Keys that are absent here are absent in the database.

quiz
    {"questions": [{"key": "q1", "text": text,
                    "answers": [{"key": "a1", "text": text}, …],    2 to 8
                    "right": ["a1"],                                1 or more, never all of them
                    "score": 1}, …],                                1 to 100 questions, score 1 to 1000
     "pass_score": 2,                                               1 to the sum of scores
     "seconds_per_question": 30}                                    5 to 600, or null: no limit
memory
    {"pairs": [{"key": "p1", "text": text, "image_url": "https://…"}, …],   2 to 18; text, image_url or both
     "max_moves": 40,                                               at least the number of pairs, or null: any number
     "max_seconds": 120}                                            5 to 3600, or null: as long as the session
collection
    {"items": [{"key": "i1", "name": text, "image_url": "https://…",        1 to 50; image_url may be absent
                "hint": text,                                       where it is found; may be absent
                "weight": 10,                                       chance among the weights, 0 to 1,000,000, sum > 0
                "needed": 1}, …]}                                   how many of it, 0 to 100, sum > 0; weight 0: needed 0
scratch
    {"scratch_fields": 9}                                           3 to 25: a prize shows itself on three of them
wheel, stamps
    {}
"""
