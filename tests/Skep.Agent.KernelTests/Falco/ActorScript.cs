using System.Runtime.InteropServices;
using System.Text;
using Skep.Engine.Hooks;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>System calls for the program of <c>tests/fixtures/actor.c</c> to make, one after the other.</summary>
sealed class ActorScript
{
    const int MostArguments = 6, FailedExecution = -1;
    const long Plain = 0, InData = 1, OfCall = 2;

    readonly List<long> _calls = [];
    readonly List<(int At, int Target)> _pointers = [];
    readonly List<byte> _data = [];
    (int Call, bool IsZero)? _guard;

    /// <summary>The result of an earlier call as an argument.</summary>
    public readonly record struct ResultOf(int Call);

    public int Count { get; private set; }

    /// <summary>Whether the program ends afterwards, instead of reading the next script.</summary>
    public bool IsLast { get; init; }

    /// <summary>What is told instead of results by a child that could not execute what it should.</summary>
    public static long NotExecuted => FailedExecution;

    /// <summary>Adds a call and tells its number among them. Arguments are numbers, texts, bytes, lists of texts and results of earlier calls.</summary>
    public int Call(string name, params object[] arguments)
    {
        if (!SyscallTable.TryGetNumber(name, out var number)) throw new ArgumentException($"there is no system call {name}", nameof(name));
        if (arguments.Length > MostArguments) throw new ArgumentException("a system call has six arguments", nameof(arguments));
        _calls.AddRange([number, _guard?.Call ?? -1, _guard is { IsZero: true } ? 1 : 0]);
        var encoded = arguments.Select(Encode).ToList();
        while (encoded.Count < MostArguments) encoded.Add((Plain, 0));
        _calls.AddRange(encoded.Select(a => a.Kind));
        _calls.AddRange(encoded.Select(a => a.Value));
        return Count++;
    }

    /// <summary>What is added in there is done where a call's result was zero: in the child of a fork.</summary>
    public void Where(int call, bool isZero, Action add)
    {
        _guard = (call, isZero);
        add();
        _guard = null;
    }

    /// <summary>Executes a program in a child and waits for its end.</summary>
    public void Spawn(string path, IReadOnlyList<string> arguments, Action? before = null)
    {
        const int ChildSignal = 17;
        var fork = Call("clone", ChildSignal);
        Where(fork, isZero: true, () =>
        {
            before?.Invoke();
            Call("execve", path, arguments.ToArray(), Array.Empty<string>());
            Call("write", 1, BitConverter.GetBytes(NotExecuted), sizeof(long));
            Call("exit_group", 127);
        });
        Where(fork, isZero: false, () => Call("wait4", new ResultOf(fork)));
    }

    public byte[] Encoded()
    {
        var bytes = new List<byte>();
        Add([0, Count, _pointers.Count, IsLast ? 1 : 0]);
        Add([.. _calls]);
        foreach (var (at, target) in _pointers) Add([at, target]);
        bytes.AddRange(_data);
        BitConverter.TryWriteBytes(CollectionsMarshal.AsSpan(bytes), (long)bytes.Count - sizeof(long));
        return [.. bytes];

        void Add(long[] numbers) => bytes.AddRange(MemoryMarshal.AsBytes<long>(numbers));
    }

    (long Kind, long Value) Encode(object argument) => argument switch
    {
        int number => (Plain, number),
        uint number => (Plain, number),
        long number => (Plain, number),
        ResultOf result => (OfCall, result.Call),
        string text => (InData, Keep([.. Encoding.UTF8.GetBytes(text), 0])),
        byte[] bytes => (InData, Keep(bytes)),
        string[] texts => (InData, KeepAll(texts)),
        _ => throw new ArgumentException($"no argument of a system call: {argument}", nameof(argument)),
    };

    int KeepAll(string[] texts)
    {
        int[] targets = [.. texts.Select(text => Keep([.. Encoding.UTF8.GetBytes(text), 0]))];
        var array = Keep(new byte[(targets.Length + 1) * sizeof(long)]);
        _pointers.AddRange(targets.Select((target, i) => (array + (i * sizeof(long)), target)));
        return array;
    }

    int Keep(byte[] bytes)
    {
        while (_data.Count % sizeof(long) != 0) _data.Add(0);
        var at = _data.Count;
        _data.AddRange(bytes);
        return at;
    }
}
