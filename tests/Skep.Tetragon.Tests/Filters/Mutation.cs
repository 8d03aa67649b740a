namespace Skep.Tetragon.Tests.Filters;

/// <summary>Changes texts for fuzz tests.</summary>
static class Mutation
{
    public static string Of(string text, string[] words, string[] seeds, Random random)
    {
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            var at = random.Next(text.Length + 1);
            var rest = text.Length - at;
            text = random.Next(6) switch
            {
                0 => text.Remove(at, Math.Min(random.Next(1, 8), rest)),
                1 => text.Insert(at, words[random.Next(words.Length)]),
                2 => text.Insert(at, ((char)random.Next(1, 0x300)).ToString()),
                3 => text[..at],
                4 => text.Insert(at, text[at..]),
                _ => text[..at] + seeds[random.Next(seeds.Length)],
            };
            if (text.Length > 2000) text = text[..2000];
        }
        return text;
    }
}
