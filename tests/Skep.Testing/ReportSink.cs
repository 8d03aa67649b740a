using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Skep.Testing;

/// <summary>Counts outcomes, prints failures and skips as they happen, and remembers each test for the results file.</summary>
sealed class ReportSink(bool verbose) : LongLivedMarshalByRefObject, IMessageSink, IDisposable
{
    readonly Lock _gate = new();
    readonly List<string> _lines = [];
    readonly ConcurrentDictionary<ITest, long> _running = new();

    public ManualResetEvent Finished { get; } = new(false);
    public int Passed { get; private set; }
    public int Failed { get; private set; }
    public int Skipped { get; private set; }

    public bool OnMessage(IMessageSinkMessage message)
    {
        lock (_gate)
        {
            switch (message)
            {
                case ITestStarting starting:
                    _running[starting.Test] = Stopwatch.GetTimestamp();
                    break;
                case ITestPassed passed:
                    Passed++;
                    Record("passed", passed.Test.DisplayName, passed.ExecutionTime.ToString(CultureInfo.InvariantCulture));
                    if (verbose) Console.WriteLine($"  ok    {passed.Test.DisplayName} ({passed.ExecutionTime:F2} s)");
                    break;
                case ITestSkipped skipped:
                    Skipped++;
                    Record("skipped", skipped.Test.DisplayName, skipped.Reason);
                    Console.WriteLine($"  skip  {skipped.Test.DisplayName}: {skipped.Reason}");
                    break;
                case ITestFailed failed:
                    Fail(failed.Test.DisplayName, ExceptionUtility.CombineMessages(failed), ExceptionUtility.CombineStackTraces(failed));
                    if (!string.IsNullOrEmpty(failed.Output)) Console.WriteLine(Indent("output: " + failed.Output));
                    break;
                case IErrorMessage error:
                    Fail("(outside a test)", ExceptionUtility.CombineMessages(error), ExceptionUtility.CombineStackTraces(error));
                    break;
                case ITestAssemblyFinished:
                    Finished.Set();
                    break;
            }
            if (message is ITestFinished finished) _running.TryRemove(finished.Test, out _);
        }
        return true;
    }

    /// <summary>Tests that have been running longer than <paramref name="limit"/>.</summary>
    public IReadOnlyList<ITest> RunningLongerThan(TimeSpan limit) =>
        [.. _running.Where(r => Stopwatch.GetElapsedTime(r.Value) > limit).Select(r => r.Key)];

    /// <summary>Gives up on a run in which a test hangs: it fails, and so does every test that did not come to its end.</summary>
    public void GiveUp(IReadOnlyList<ITest> hanging, TimeSpan limit, IEnumerable<ITestCase> cases)
    {
        lock (_gate)
        {
            foreach (var test in hanging) Fail(test.DisplayName, $"still running after {limit.TotalSeconds:F0} s", null);
            var known = _lines.Select(l => l.Split('\t')[1]).ToHashSet();
            foreach (var test in cases.Where(c => !known.Contains(c.DisplayName) && !known.Any(k => k.StartsWith(c.DisplayName + "(", StringComparison.Ordinal))))
            {
                Fail(test.DisplayName, $"did not run to its end: given up after {hanging[0].DisplayName} hung", null);
            }
        }
    }

    public void WriteResults(string? path)
    {
        if (path is not null) File.WriteAllLines(path, _lines);
    }

    void Fail(string test, string message, string? stackTrace)
    {
        Failed++;
        Record("failed", test, message);
        Console.WriteLine($"  FAIL  {test}");
        Console.WriteLine(Indent(message));
        if (!string.IsNullOrEmpty(stackTrace)) Console.WriteLine(Indent(stackTrace));
    }

    void Record(string outcome, string test, string detail) =>
        _lines.Add($"{outcome}\t{test}\t{detail.ReplaceLineEndings(" ").Replace('\t', ' ')}");

    static string Indent(string? text) => "        " + (text ?? "").ReplaceLineEndings("\n        ");

    public void Dispose() => Finished.Dispose();
}
