// Pairs of a Latin text and the characters that look like it, from UTS #39's confusables, of the scripts that are used for it.
const cyrillic = "AА BВ CС EЕ HН IІӀ JЈ KК MМ NԜ OО PР QԚ SЅ TТ VѴ WԜ XХ YУҮ aа bЬ cс dԁ eе gԍ hһ iі jј kк lӏ mм nп oо pр qԛ rг sѕ tт uц vѵ wԝ xх yуү 3ЗӠ 6б";
const greek = "AΑ BΒ EΕ ZΖ HΗ IΙ KΚ MΜ NΝ OΟ PΡ TΤ YΥ XΧ aα bβ eε yγ iι kκ nη oοσ pρ tτ uυ vν wω xχ";
const armenian = "UՍ SՏ OՕ aա gց hհ nոռ oօ qզ uս wա fք pք lլ jյ";
const cherokee = "AᎪ BᏴ CᏟ DᎠ EᎬ GᏀ HᎻ IᎥ JᎫ KᏦ LᏞ MᎷ PᏢ RᎡᏒ SᏚ TᎢ VᏙ WᎳ YᎩ ZᏃ bᏏ hᏂ sꮪ zꮓ cꮯ vꮩ wꮃ";
const strokes = "AȺ BɃƁ CȻƇ DĐƊ EɆ FƑ GǤƓ HĦ IƗ JɈ KƘ LŁȽ MⱮ NƝ OØƟ PⱣƤ RɌ SⱾ TŦȾƬ UɄ VƲ WⱲ YɎƳ ZƵȤ aⱥ bƀɓ cȼƈ dđɖɗ eɇ fƒ gǥɠ hħɦ iɨı jɉȷ kƙⱪ lłƚɫɭ mɱ nɲɳƞ " +
  "oøɵ pᵽƥ qɋʠ rɍɽ sʂȿ tŧƭʈ uʉ vʋ wⱳ xᶍ yɏƴ zƶȥʐ";
const smallCapitals = "aᴀ bʙ cᴄ dᴅ eᴇ fꜰ gɢ hʜ iɪ jᴊ kᴋ lʟ mᴍ nɴ oᴏ pᴘ qꞯ rʀ sꜱ tᴛ uᴜ vᴠ wᴡ yʏ zᴢ";
const signs = "-‐‑‒–—―−﹘⁃ _＿ˍ 'ʹʼ‘’′ \"“”″ .․ :ː∶ /⁄∕ ~∼˜ *∗ +᛭ =꞊ 0𐓂 |ǀ∣";

const folded: ReadonlyMap<string, string> = new Map([cyrillic, greek, armenian, cherokee, strokes, smallCapitals, signs]
  .flatMap((pairs) => pairs.split(" ")).flatMap((pair) => [...pair].slice(1).map((char): [string, string] => [char, pair.charAt(0)])));

// Capital letters in order from A: regional indicators; squared, negative circled, negative squared ones.
const alphabets = [0x1f1e6, 0x1f130, 0x1f150, 0x1f170];

/** What `fold` gives another for. */
export const lookAlikes: RegExp = new RegExp(`[${[...folded.keys()].map(toEscape).join("")}${alphabets.map((from) => `\\u{${from.toString(16)}}-\\u{${(from + 25).toString(16)}}`).join("")}]`, "gu");

/** The Latin letter, digit or sign that a character looks like, or the character. */
export function fold(char: string): string {
  const same = folded.get(char);
  if (same !== undefined) return same;
  const point = char.codePointAt(0) ?? 0;
  const start = alphabets.find((from) => from <= point && point < from + 26);
  return start === undefined ? char : String.fromCharCode(0x41 + point - start);
}

function toEscape(char: string): string {
  return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}
