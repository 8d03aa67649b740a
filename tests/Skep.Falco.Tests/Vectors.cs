using System.Reflection;

namespace Skep.Falco.Tests;

static class Vectors
{
    public static string Text(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"vectors/{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
