using System.Globalization;
using Xunit.Abstractions;

namespace Skep.Testing;

sealed record RunnerArguments(
    IReadOnlyList<string> Filters, bool ListOnly, bool Verbose, bool Serial, int Parallelism, TimeSpan Limit, string? ResultsFile,
    IReadOnlySet<string> Passed, bool AnyKernel)
{
    public bool Matches(ITestCase test) => !IsDone(test) && (Filters.Count == 0 || Filters.Any(f => test.DisplayName.Contains(f, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether what it showed on another kernel holds for this one.</summary>
    bool IsDone(ITestCase test) => Passed.Contains(test.DisplayName) && !Is(test, "each") && (!AnyKernel || Is(test, "any"));

    static bool Is(ITestCase test, string kernel) => test.Traits.TryGetValue("Kernel", out var kernels) && kernels.Contains(kernel);

    public static RunnerArguments Parse(string[] args)
    {
        var filters = new List<string>();
        var (list, verbose, serial, anyKernel) = (false, false, false, false);
        // Tests share one kernel: more at once than two would rather show each other's events than save time.
        var parallelism = 2;
        var limit = Environment.GetEnvironmentVariable("SKEP_TEST_TIMEOUT") is { Length: > 0 } seconds ? Number(seconds, "SKEP_TEST_TIMEOUT") : 120;
        string? results = null;
        var passed = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--list": list = true; break;
                case "--verbose": verbose = true; break;
                case "--serial": serial = true; break;
                case "--any-kernel": anyKernel = true; break;
                case "--parallel": parallelism = Number(Next(), "--parallel"); break;
                case "--timeout": limit = Number(Next(), "--timeout"); break;
                case "--results": results = Next(); break;
                case "--without-passed": passed.UnionWith(ReadPassed(Next())); break;
                case ['-', '-', ..]: throw new ArgumentException($"unknown option {args[i]}");
                default: filters.Add(args[i]); break;
            }

            string Next() => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value");
        }
        return new RunnerArguments(filters, list, verbose, serial, parallelism, TimeSpan.FromSeconds(limit), results, passed, anyKernel);
    }

    /// <summary>The tests that passed in a former run, as its results file has them.</summary>
    static IEnumerable<string> ReadPassed(string file)
    {
        if (!File.Exists(file)) throw new ArgumentException($"there is no file {file}");
        return File.ReadLines(file).Select(line => line.Split('\t')).Where(fields => fields is ["passed", _, ..]).Select(fields => fields[1]);
    }

    static int Number(string text, string what) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"{what} needs a positive number, not '{text}'");
}
