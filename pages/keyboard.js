// A popover opened by a key takes the focus, which Streamlit leaves on its button: its contents lie behind all of the page in the order
// of Tab. Leaving them by Tab leads back to the button; Escape does so by itself.
(() => {
    if (window.keyboardIsServed) return
    window.keyboardIsServed = true
    let opener = null
    const body = () => document.querySelector('[data-testid=stPopoverBody]')
    const stops = () => [...body().querySelectorAll('a[href], button, input, select, textarea, [tabindex]')].filter(e => e.tabIndex >= 0 && !e.disabled && e.offsetParent)
    const enter = tries => {
        const first = body() && stops()[0]
        if (first) return first.focus()
        if (tries) return setTimeout(enter, 30, tries - 1)
        if (body()) { body().tabIndex = -1; body().focus() }   // a card to be read, with nothing to press
    }
    document.addEventListener('keydown', event => {
        const button = event.target.closest?.('[data-testid=stPopoverButton]')
        if (button && button.ariaExpanded !== 'true' && (event.key === 'Enter' || event.key === ' ')) {
            opener = button
            setTimeout(enter, 30, 10)
        } else if (event.key === 'Tab' && body()?.contains(event.target) && opener) {
            const all = stops()
            if (!all.length || event.target === all.at(event.shiftKey ? 0 : -1)) {
                event.preventDefault()
                opener.focus()
            }
        }
    }, true)
})()
