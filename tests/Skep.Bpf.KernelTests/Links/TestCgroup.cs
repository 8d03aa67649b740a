using System.Runtime.ExceptionServices;

namespace Skep.Bpf.KernelTests.Links;

/// <summary>
/// A control group of its own. It is threaded, so that one thread of the test process can be in it while the others, which run other
/// tests, stay outside.
/// </summary>
sealed class TestCgroup : IDisposable
{
    static int s_sequence;

    public TestCgroup()
    {
        Path = System.IO.Path.Combine(Root, $"skep-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_sequence)}");
        Directory.CreateDirectory(Path);
        File.WriteAllText(System.IO.Path.Combine(Path, "cgroup.type"), "threaded");
    }

    public static string Root { get; } = MountPoint.All().First(m => m.FileSystem == "cgroup2").Path;

    public string Path { get; }

    /// <summary>Runs something on a thread inside the group and passes on what it throws.</summary>
    public void Run(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                File.WriteAllText(System.IO.Path.Combine(Path, "cgroup.threads"), $"{SystemCalls.ThreadId()}");
                action();
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    public void Dispose()
    {
        // A thread that has ended is in the group until it is reaped.
        for (var attempt = 0; attempt < 50; attempt++)
        {
            try
            {
                // A thread of the runtime that was first needed inside the group was born there.
                foreach (var thread in File.ReadAllLines(System.IO.Path.Combine(Path, "cgroup.threads")))
                {
                    File.WriteAllText(System.IO.Path.Combine(Root, "cgroup.threads"), thread);
                }
                Directory.Delete(Path);
                return;
            }
            catch (IOException)
            {
                Thread.Sleep(10);
            }
        }
    }
}
