// Whether typed letters spell a name: by full pinyin, by initials or a mix, under any reading of each character.
"use strict";

const kgPinyin = (() => {
  const DOUBLE = /^(?:zh|ch|sh)/;

  // What may be typed for one character, besides the character itself.
  const spellings = (char, readings) => {
    const found = new Set([char]);
    for (const reading of readings[char] || []) {
      found.add(reading);
      found.add(reading[0]);
      if (DOUBLE.test(reading)) found.add(reading.slice(0, 2));
    }
    return [...found];
  };

  // Whether `typed` is used up by the characters from `start` on; a syllable may be cut short where the typing stops.
  const reaches = (chars, start, typed, readings) => {
    let ways = new Set([0]); // letters used so far
    for (let i = start; i < chars.length && ways.size; i += 1) {
      const next = new Set();
      for (const used of ways) {
        const rest = typed.slice(used);
        for (const spelling of spellings(chars[i], readings)) {
          if (rest.length <= spelling.length && spelling.startsWith(rest)) return i + 1;
          if (rest.startsWith(spelling)) next.add(used + spelling.length);
        }
      }
      ways = next;
    }
    return 0;
  };

  // 0 where the whole name is spelled, 1 where it begins so, 2 where a part of it is, 9 where none.
  const rank = (name, typed, readings) => {
    const wanted = typed.replace(/[\s'’-]/g, "").replace(/ü/g, "v");
    if (!/[a-z]/.test(wanted)) return 9;
    const chars = [...name];
    if (!chars.some((char) => readings[char])) return 9;
    const end = reaches(chars, 0, wanted, readings);
    if (end) return end === chars.length ? 0 : 1;
    for (let i = 1; i < chars.length; i += 1) if (readings[chars[i]] && reaches(chars, i, wanted, readings)) return 2;
    return 9;
  };

  return { rank };
})();
