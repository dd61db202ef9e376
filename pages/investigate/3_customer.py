"""What happened to this customer, in every tool, in order?"""

from pages.parts import customer

SCOPE = ()

customer.search()
if ticket := customer.asked():
    customer.shown(ticket)
else:
    customer.nobody()
