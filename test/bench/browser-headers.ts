/** The twelve headers that a browser sends with a click on a link; every side of the benchmark gets the same ones. */

/** No Cache-Control among them: browsers send it only on a reload, where it tells a cache to ask the application. */
export const browserHeaders: Readonly<Record<string, string>> = {
  'User-Agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language': 'en-US,en;q=0.9,de;q=0.8',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  Referer: 'https://www.example.com/catalogue/chairs?page=2&sort=price',
  Cookie: 'session=6f1d0c6bb6c94a8f9f2d; theme=dark; consent=necessary',
  'Upgrade-Insecure-Requests': '1',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-User': '?1',
  Connection: 'keep-alive',
}
