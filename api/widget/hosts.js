/** The pages around this one that the service lets in: it names them in the page, for the space of the page's address. */

const hosts = (document.querySelector('meta[name="kb-hosts"]')?.content ?? '').split(' ').filter(Boolean)

/** @returns {boolean} whether any page may be heard at all */
export const any = () => hosts.length > 0

/** @returns {boolean} whether the origin is named exactly, or lies below the domain of `https://*.example.com` */
export function fits(origin) {
  return hosts.some((pattern) => {
    const [scheme, name] = pattern.split('://')
    return name.startsWith('*.') ? origin.startsWith(`${scheme}://`) && origin.endsWith(name.slice(1)) : origin === pattern
  })
}
