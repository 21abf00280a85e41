"""Who there is: departments, posts, employees and what they hold; and the accounts that may sign in."""
