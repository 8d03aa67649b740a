namespace Skep.Bpf.Tests;

/// <summary>A text file of cases under <c>vectors/</c>; blank lines and lines that start with '#' are comments.</summary>
static class VectorFile
{
    public static string Text(string name)
    {
        using var reader = Open(name);
        return reader.ReadToEnd();
    }

    public static IEnumerable<string> Lines(string name)
    {
        using var reader = Open(name);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#') yield return line;
        }
    }

    static StreamReader Open(string name) => new(typeof(VectorFile).Assembly.GetManifestResourceStream($"vectors/{name}")
        ?? throw new FileNotFoundException($"no vector file '{name}'"));
}
