import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import test from 'ava';
import { harmlessWords } from '../../src/delivery/recorderWords.ts';

const ANSWERS: readonly (readonly [answer: string, back: string])[] = [
  ['', ''],
  ['END', 'END'],
  ['UPGRADE', 'UPGRADE'],
  ['UPGRADE\nEND', 'UPGRADE\nEND'],
  ['END\nUPGRADE\n', 'END\nUPGRADE'],
  ['END\nEND\nEND', 'END'],
  ['END 1', 'END'],
  ['UPGRADE EXTRACT 101|#x {"1":"#x"}', 'UPGRADE'],
  ['EXTRACT 101|#x {"1":"#x","2":"~dl"}', ''],
  ['EXTRACT 101|#x {"1":"#x"}\nUPGRADE\nMODULE https://vendor.example/m.js', 'UPGRADE'],
  ['MODULE https://vendor.example/m.js', ''],
  ['ACTION x\nSIGNAL [{"type":"a","value":1}]\nSNAPSHOT', ''],
  ['end\nEnd\nupgrade', ''],
  [' END', ''],
  ['END\r\nUPGRADE\r', ''],
  ['END\rEXTRACT 1|#x {}', ''],
  ['END\u2028EXTRACT 1|#x {}', ''],
  ['END\u0085EXTRACT 1|#x {}', ''],
  ['END\0EXTRACT 1|#x {}', ''],
  ['END\tEXTRACT', ''],
  ['END\u00a0x', ''],
  ['\ufeffEND', ''],
  ['EXTRACT\u00a01|#x {}', ''],
  ['ＥＮＤ', ''],
  ['ENDE', ''],
];

test('of an answer two words go back, and nothing that stands beside them', (t) => {
  for (const [answer, back] of ANSWERS) t.is(harmlessWords(answer), back, JSON.stringify(answer));
});

/** How the recorder takes an answer apart. */
const commandsIn = (text: string): readonly string[] =>
  text.split('\n').map((line) => line.split(/ (.*)/)[0] ?? '');

test('whatever a vendor answers, the recorder finds in what goes back only what it would have found there', (t) => {
  const word = constantFrom('END', 'UPGRADE', 'EXTRACT', 'MODULE', 'ACTION', 'SIGNAL', 'SNAPSHOT', 'end');
  const between = constantFrom('\n', ' ', '\r\n', '\r', '\0', '\t', '\u2028', '\u00a0', '\v', '|', '');
  const answer = array(oneof(word, between, string())).map((parts) => parts.join(''));
  assert(
    property(answer, (text) => {
      const back = harmlessWords(text);
      const asked = new Set(commandsIn(text));
      const expected = ['END', 'UPGRADE'].filter((each) => asked.has(each));
      t.deepEqual(back === '' ? [] : [...commandsIn(back)].sort(), expected);
    }),
    { numRuns: 2000 },
  );
});
