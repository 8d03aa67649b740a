using Skep.Bpf;
using Skep.Bpf.Interpreter;
using Skep.Engine.Matching;

namespace Skep.Engine.Tests.Matching;

/// <summary>A matcher's generated code in the managed interpreter.</summary>
sealed class InterpretedMatcher
{
    readonly Machine _machine = new(new MachineOptions { InstructionBudget = 1_000_000 });
    readonly MachineProgram _program;
    readonly IReadOnlyList<int> _tests;

    public InterpretedMatcher(TextMatcher matcher, IReadOnlyList<int> tests) : this(MatcherProgram.Build(matcher, tests), tests)
    {
    }

    public InterpretedMatcher(ObjectSpec spec, IReadOnlyList<int> tests)
    {
        _tests = tests;
        _program = _machine.Load(spec, MatcherProgram.Name);
    }

    public ulong Run(ReadOnlySpan<byte> text, out HashSet<int> matched)
    {
        MatcherProgram.Place(((VirtualArray)_machine.Maps[MatcherProgram.Slots]).ValueAt(0), text);
        _machine.Run(_program);
        var results = ((VirtualArray)_machine.Maps[MatcherProgram.Results]).ValueAt(0);
        matched = [];
        for (var i = 0; i < _tests.Count && i < MatcherProgram.MaxTests; i++)
        {
            if (BitConverter.ToUInt64(results[(8 * (i + 1))..]) != 0) matched.Add(_tests[i]);
        }
        return BitConverter.ToUInt64(results);
    }
}
