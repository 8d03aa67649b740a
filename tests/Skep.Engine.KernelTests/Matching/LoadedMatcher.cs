using Skep.Bpf;
using Skep.Engine.Matching;
using Skep.Engine.Tests.Matching;

namespace Skep.Engine.KernelTests.Matching;

/// <summary>A matcher's generated code in the kernel, run by BPF_PROG_TEST_RUN.</summary>
sealed class LoadedMatcher : IDisposable
{
    readonly BpfObject _loaded;
    readonly IReadOnlyList<int> _tests;
    readonly byte[] _slot = new byte[MatcherProgram.SlotSize];
    readonly byte[] _results = new byte[8 * (1 + MatcherProgram.MaxTests)];

    public LoadedMatcher(TextMatcher matcher, IReadOnlyList<int> tests) : this(MatcherProgram.Build(matcher, tests), tests)
    {
    }

    public LoadedMatcher(ObjectSpec spec, IReadOnlyList<int> tests) => (_loaded, _tests) = (BpfObject.Load(spec), tests);

    public uint VerifiedInstructions => _loaded.Programs[MatcherProgram.Name].GetInfo().VerifiedInstructions;

    public ulong Run(ReadOnlySpan<byte> text, out HashSet<int> matched)
    {
        MatcherProgram.Place(_slot, text);
        _loaded.Maps[MatcherProgram.Slots].Update(BitConverter.GetBytes(0), _slot);
        _loaded.Programs[MatcherProgram.Name].TestRun(new byte[64]);
        _loaded.Maps[MatcherProgram.Results].TryLookup(BitConverter.GetBytes(0), _results);
        matched = [];
        for (var i = 0; i < _tests.Count && i < MatcherProgram.MaxTests; i++)
        {
            if (BitConverter.ToUInt64(_results, 8 * (i + 1)) != 0) matched.Add(_tests[i]);
        }
        return BitConverter.ToUInt64(_results);
    }

    /// <summary>Nanoseconds of a run, all around the function included.</summary>
    public uint Measure(ReadOnlySpan<byte> text, uint repeat)
    {
        MatcherProgram.Place(_slot, text);
        _loaded.Maps[MatcherProgram.Slots].Update(BitConverter.GetBytes(0), _slot);
        return _loaded.Programs[MatcherProgram.Name].TestRun(new TestRunOptions { Data = new byte[64], Repeat = repeat }).NanosecondsPerRun;
    }

    public void Dispose() => _loaded.Dispose();
}
