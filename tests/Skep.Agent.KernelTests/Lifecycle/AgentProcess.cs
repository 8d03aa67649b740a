using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Skep.Testing;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary><c>skep run -o json</c> as a process of its own.</summary>
sealed class AgentProcess : IDisposable
{
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    /// <summary>What an agent would share with others, unless a test says where.</summary>
    static readonly string[] s_apart = ["--server-address", "--state-directory", "--policy-directory", "--config"];

    readonly Process _process;
    readonly List<JsonElement> _events = [];
    readonly StringBuilder _messages = new();
    readonly Thread _outputReader, _messageReader;

    AgentProcess(Process process)
    {
        _process = process;
        string? cut = null;
        _outputReader = new Thread(() => Read(process.StandardOutput, line =>
        {
            // Of an agent that is killed the last line may be cut.
            if (cut is not null) throw new InvalidDataException($"not JSON: {cut}");
            try
            {
                var parsed = JsonDocument.Parse(line).RootElement;
                lock (_events) _events.Add(parsed);
            }
            catch (JsonException)
            {
                cut = line;
            }
        }));
        _messageReader = new Thread(() => Read(process.StandardError, line =>
        {
            lock (_messages) _messages.AppendLine(line);
        }));
        _outputReader.Start();
        _messageReader.Start();
    }

    public int Id => _process.Id;

    public int ExitCode => _process.ExitCode;

    /// <summary>From the start of the process to its word that it is ready.</summary>
    public TimeSpan StartTime { get; private set; }

    public string Messages
    {
        get
        {
            lock (_messages) return _messages.ToString();
        }
    }

    public long ResidentKilobytes => long.Parse(File.ReadLines($"/proc/{Id}/status").Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]);

    /// <summary>Starts an agent and waits until it is ready.</summary>
    public static AgentProcess Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    /// <summary>Starts an agent with something in its environment and waits until it is ready.</summary>
    public static AgentProcess Start(Dictionary<string, string> environment, params string[] arguments)
    {
        var start = Prepare(arguments);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Start(start);
    }

    /// <summary>Starts an agent with nothing but what is given.</summary>
    public static AgentProcess Start(ProcessStartInfo start)
    {
        var started = Stopwatch.GetTimestamp();
        var agent = new AgentProcess(Process.Start(start)!);
        try
        {
            agent.AwaitMessage("skep: ready");
        }
        catch
        {
            agent.Dispose();
            throw;
        }
        agent.StartTime = Stopwatch.GetElapsedTime(started);
        return agent;
    }

    /// <summary>Starts an agent that is expected to give up.</summary>
    public static (int Code, string Messages) Run(params string[] arguments)
    {
        using var agent = new AgentProcess(Process.Start(Prepare(arguments))!);
        agent.AwaitEnd();
        return (agent.ExitCode, agent.Messages);
    }

    /// <summary>Events so far that a test is interested in.</summary>
    public List<JsonElement> Events(string kind)
    {
        lock (_events) return [.. _events.Where(e => e.TryGetProperty(kind, out _)).Select(e => e.GetProperty(kind))];
    }

    /// <summary>Everything that it printed so far.</summary>
    public List<JsonElement> Objects()
    {
        lock (_events) return [.. _events];
    }

    public void AwaitObject(Func<JsonElement, bool> wanted) => Await(() => Objects().Exists(o => wanted(o)), "what was waited for was not printed");

    /// <summary>Everything that it printed so far, as it is.</summary>
    public List<string> Lines()
    {
        lock (_events) return [.. _events.Select(e => e.GetRawText())];
    }

    public JsonElement AwaitEvent(string kind, Func<JsonElement, bool> wanted)
    {
        JsonElement? found = null;
        Await(() => (found = Events(kind).Where(wanted).Select(e => (JsonElement?)e).FirstOrDefault()) is not null, $"no {kind}");
        return found!.Value;
    }

    public void AwaitMessage(string text) => Await(() => Messages.Contains(text, StringComparison.Ordinal), $"'{text}' was not said");

    public void Signal(int signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{Id}"]);
        kill.WaitForExit();
    }

    public void Kill()
    {
        _process.Kill();
        AwaitEnd();
    }

    /// <summary>Ends it as Ctrl+C does.</summary>
    public void Stop()
    {
        Signal(2);
        AwaitEnd();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }

    static ProcessStartInfo Prepare(string[] arguments)
    {
        string[] apart = [.. s_apart.Where(option => !arguments.Contains(option)).SelectMany(option => (string[])[option, "none"])];
        return SkepProgram.With(["run", "-o", "json", .. apart, .. arguments]);
    }

    static void Read(StreamReader reader, Action<string> take)
    {
        while (reader.ReadLine() is { } line) take(line);
    }

    public void AwaitEnd()
    {
        if (!_process.WaitForExit(s_limit)) throw new TimeoutException($"the agent does not end; it said: {Messages}");
        _outputReader.Join();
        _messageReader.Join();
    }

    void Await(Func<bool> done, string otherwise)
    {
        var started = Stopwatch.GetTimestamp();
        while (!done())
        {
            var hasEnded = _process.HasExited && !_outputReader.IsAlive && !_messageReader.IsAlive;
            if (done()) return;
            if (hasEnded || Stopwatch.GetElapsedTime(started) > s_limit) throw new TimeoutException($"{otherwise}; the agent said: {Messages}");
            Thread.Sleep(5);
        }
    }
}
