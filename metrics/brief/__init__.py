"""The brief: the numbers of a week on one sheet of A4, for cron and mail; and the sentences it shares with the pages."""
