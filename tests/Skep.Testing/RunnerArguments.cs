using System.Globalization;

namespace Skep.Testing;

sealed record RunnerArguments(
    IReadOnlyList<string> Filters, bool ListOnly, bool Verbose, bool Serial, int Parallelism, TimeSpan Limit, string? ResultsFile)
{
    public bool Matches(string displayName) =>
        Filters.Count == 0 || Filters.Any(f => displayName.Contains(f, StringComparison.OrdinalIgnoreCase));

    public static RunnerArguments Parse(string[] args)
    {
        var filters = new List<string>();
        var (list, verbose, serial) = (false, false, false);
        // Tests share one kernel: more at once than two would rather show each other's events than save time.
        var parallelism = 2;
        var limit = Environment.GetEnvironmentVariable("SKEP_TEST_TIMEOUT") is { Length: > 0 } seconds ? Number(seconds, "SKEP_TEST_TIMEOUT") : 120;
        string? results = null;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--list": list = true; break;
                case "--verbose": verbose = true; break;
                case "--serial": serial = true; break;
                case "--parallel": parallelism = Number(Next(), "--parallel"); break;
                case "--timeout": limit = Number(Next(), "--timeout"); break;
                case "--results": results = Next(); break;
                case ['-', '-', ..]: throw new ArgumentException($"unknown option {args[i]}");
                default: filters.Add(args[i]); break;
            }

            string Next() => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value");
        }
        return new RunnerArguments(filters, list, verbose, serial, parallelism, TimeSpan.FromSeconds(limit), results);
    }

    static int Number(string text, string what) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"{what} needs a positive number, not '{text}'");
}
