using System.Diagnostics;
using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Skep.Testing;

/// <summary>
/// Runs the xunit tests of one assembly in this process and prints one closing line, so that the same binary
/// serves the host and the guests of the kernel matrix, where no SDK is installed.
/// Arguments: substrings of the test names to run (any of them), <c>--list</c>, <c>--verbose</c>, <c>--serial</c>,
/// <c>--parallel N</c> (collections at once, 2), <c>--timeout SECONDS</c> (per test, 120; also <c>SKEP_TEST_TIMEOUT</c>),
/// <c>--results FILE</c> (outcome, test, detail; tab-separated, one test a line), <c>--without-passed FILE</c> (leaves out the tests that passed
/// by such a file; with <c>--any-kernel</c> those alone that are marked <c>[Trait("Kernel", "any")]</c>: what they show depends on the agent, not on the kernel).
/// Ends with 0, 1 after a failure, 2 for wrong arguments, 3 where no test matches. An assembly that has no test at all passes.
/// </summary>
public static class TestRunner
{
    public static int Run(Assembly assembly, string[] args)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        RunnerArguments options;
        try
        {
            options = RunnerArguments.Parse(args);
        }
        catch (ArgumentException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
        // Not disposed: after a hang the framework would wait for the test.
        var framework = new XunitTestFramework(new NullMessageSink());
        var assemblyInfo = Reflector.Wrap(assembly);
        using var discoverer = framework.GetDiscoverer(assemblyInfo);
        using var discovered = new DiscoverySink();
        discoverer.Find(includeSourceInformation: false, discovered, new FrameworkOptions());
        discovered.Finished.WaitOne();

        var cases = discovered.Cases.Where(c => options.Matches(c)).ToList();
        if (options.ListOnly)
        {
            foreach (var testCase in cases.OrderBy(c => c.DisplayName, StringComparer.Ordinal))
            {
                Console.WriteLine(testCase.DisplayName);
            }
            return 0;
        }

        var started = Stopwatch.GetTimestamp();
        var executor = framework.GetExecutor(assembly.GetName());
        using var report = new ReportSink(options.Verbose);
        executor.RunTests(cases, report, new FrameworkOptions
        {
            ["xunit.execution.DisableParallelization"] = options.Serial,
            ["xunit.execution.MaxParallelThreads"] = options.Parallelism,
        });
        var hung = !WaitOrGiveUp(report, options, cases);
        report.WriteResults(options.ResultsFile);
        Console.WriteLine($"{assembly.GetName().Name}: {report.Passed} passed, {report.Failed} failed, {report.Skipped} skipped "
            + $"({Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s)");
        Console.Out.Flush();
        if (hung) Environment.Exit(1);
        if (report.Failed > 0) return 1;
        if (cases.Count == 0) return discovered.Cases.Count == 0 ? 0 : 3;
        return report.Passed + report.Skipped == 0 ? 1 : 0;
    }

    static bool WaitOrGiveUp(ReportSink report, RunnerArguments options, List<ITestCase> cases)
    {
        while (!report.Finished.WaitOne(TimeSpan.FromSeconds(1)))
        {
            if (report.RunningLongerThan(options.Limit) is [_, ..] hanging)
            {
                report.GiveUp(hanging, options.Limit, cases);
                return false;
            }
        }
        return true;
    }
}
