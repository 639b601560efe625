LIFECYCLE_STAGES = [
    ("prospect", "Prospect"),
    ("first_time", "First-time buyer"),
    ("repeater", "Repeater"),
    ("loyal", "Loyal"),
    ("at_risk", "At risk"),
    ("lost", "Lost"),
    ("recovered", "Recovered"),
]
