using System.Text;

namespace Skep.Tetragon.Tests.Filters;

/// <summary>Vector files with an arrow between what is given and what is expected.</summary>
static class Vectors
{
    public static IEnumerable<(string Left, string Right)> Pairs(string name)
    {
        using var stream = typeof(Vectors).Assembly.GetManifestResourceStream($"vectors/{name}") ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var arrow = line.LastIndexOf(" => ", StringComparison.Ordinal);
            yield return (line[..arrow], line[(arrow + 4)..]);
        }
    }
}
