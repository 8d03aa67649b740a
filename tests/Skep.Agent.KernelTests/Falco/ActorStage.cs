using System.Diagnostics;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>A process that makes system calls and starts others that do, on the host or in a container.</summary>
sealed class ActorStage : IDisposable
{
    readonly Process _process;

    public ActorStage(ProcessStartInfo start)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        _process = Process.Start(start)!;
    }

    /// <summary>The program that a script is for.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "fixtures", "actor");

    public int Id => _process.Id;

    /// <summary>Whether something was left unread: what follows would be misunderstood.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Has scripts done, each but the first by a process that the one before starts, and tells their results.</summary>
    public long[][] Play(params IReadOnlyList<ActorScript> scripts)
    {
        var isWhole = false;
        try
        {
            var input = _process.StandardInput.BaseStream;
            foreach (var script in scripts) input.Write(script.Encoded());
            input.Flush();
            // A process waits for those that it started.
            var results = scripts.Reverse().Select(_ => Results()).Reverse().ToArray();
            isWhole = true;
            return results;
        }
        finally
        {
            IsBroken = !isWhole;
        }
    }

    /// <summary>Makes one call and tells its result.</summary>
    public long Call(string name, params object[] arguments)
    {
        var script = new ActorScript();
        script.Call(name, arguments);
        return Play(script)[0][0];
    }

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is over already.
        }
        if (IsBroken && !_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    long[] Results()
    {
        var count = Number();
        if (count == ActorScript.NotExecuted) throw new InvalidOperationException("the program could not be executed");
        return [.. Enumerable.Range(0, (int)count).Select(_ => Number())];
    }

    long Number()
    {
        var bytes = new byte[sizeof(long)];
        _process.StandardOutput.BaseStream.ReadExactly(bytes);
        return BitConverter.ToInt64(bytes);
    }
}
