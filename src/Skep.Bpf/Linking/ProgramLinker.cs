using Skep.Bpf.Instructions;

namespace Skep.Bpf;

/// <summary>Puts a program together for loading.</summary>
public static class ProgramLinker
{
    /// <summary>
    /// Appends to a program's entry function every subprogram that it reaches through calls and callbacks, each once, and resolves the
    /// calls between them. The spec is not changed.
    /// </summary>
    /// <exception cref="BpfFormatException">A function is missing or undefined, or the code reads a variable that holds an address.</exception>
    public static LinkedProgram Flatten(ObjectSpec spec, ProgramSpec program)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(program);
        return new Assembly(spec, program).Run();
    }

    sealed class Assembly(ObjectSpec spec, ProgramSpec program)
    {
        readonly List<(FunctionSpec Function, int Start)> _functions = [];
        readonly Dictionary<string, int> _starts = new(StringComparer.Ordinal);
        readonly List<(int Index, Relocation Relocation, FunctionSpec Caller)> _calls = [];
        readonly List<Relocation> _relocations = [];
        int _length;

        public LinkedProgram Run()
        {
            Add(program.Entry);
            // The list grows while it is walked: what a subprogram reaches comes after it.
            for (var i = 0; i < _functions.Count; i++) Visit(_functions[i].Function, _functions[i].Start);

            var code = new Instruction[_length];
            foreach (var (function, start) in _functions) function.Instructions.CopyTo(code, start);
            foreach (var (index, relocation, caller) in _calls)
            {
                var isCall = relocation.Kind == RelocationKind.Call;
                if (isCall ? code[index].Code != OpCode.CallInstruction : !code[index].IsWide) throw Error(caller, relocation, "is not on an instruction that takes one");
                // Both count slots from the next instruction (kernel/bpf/verifier.c: add_subprog_and_kfunc).
                code[index] = code[index]
                    .WithSource(isCall ? OpCode.PseudoCall : OpCode.PseudoFunction)
                    .WithImmediate(_starts[relocation.Symbol] - index - 1);
            }
            return new LinkedProgram
            {
                Name = program.Name,
                Instructions = code,
                Functions = [.. _functions.Select(entry => new LinkedFunction(entry.Start, entry.Function.BtfTypeId, entry.Function.Name))],
                Relocations = _relocations,
                CoreRelocations = [.. _functions.SelectMany(entry => Ascending(entry.Function.CoreRelocations, record => record.Index).Select(record => record with { Index = record.Index + entry.Start }))],
                Lines = [.. _functions.SelectMany(entry => Ascending(entry.Function.Lines, line => line.Index).Select(line => line with { Index = line.Index + entry.Start }))],
            };
        }

        void Add(FunctionSpec function)
        {
            _functions.Add((function, _length));
            _starts.Add(function.Name, _length);
            _length = checked(_length + function.Instructions.Length);
        }

        void Visit(FunctionSpec function, int start)
        {
            foreach (var relocation in Ascending(function.Relocations, relocation => relocation.Index))
            {
                if ((uint)relocation.Index >= (uint)function.Instructions.Length) throw Error(function, relocation, "lies outside the function");
                var placed = relocation with { Index = relocation.Index + start };
                switch (relocation.Kind)
                {
                    case RelocationKind.Call or RelocationKind.FunctionAddress:
                        if (!_starts.ContainsKey(relocation.Symbol))
                        {
                            Add(spec.Functions.TryGetValue(relocation.Symbol, out var callee) ? callee : throw Error(function, relocation, "names a function that does not exist"));
                        }
                        _calls.Add((placed.Index, relocation, function));
                        break;
                    case RelocationKind.MapValue:
                        CheckAddresses(function, relocation);
                        _relocations.Add(placed);
                        break;
                    case RelocationKind.Extern or RelocationKind.ExternCall:
                        CheckDefined(function, relocation);
                        _relocations.Add(placed);
                        break;
                    default:
                        _relocations.Add(placed);
                        break;
                }
            }
        }

        void CheckDefined(FunctionSpec function, Relocation relocation)
        {
            if (spec.Externs.GetValueOrDefault(relocation.Symbol) is { Kind: ExternKind.Undefined, IsWeak: false })
            {
                throw Error(function, relocation, "is declared and not defined: link the object that defines it, or mark it __ksym or __kconfig");
            }
        }

        /// <summary>A variable that holds an address would be read as a plain number, and the verifier's words would not say why.</summary>
        void CheckAddresses(FunctionSpec function, Relocation relocation)
        {
            if (!spec.Maps.TryGetValue(relocation.Symbol, out var map) || map.Addresses.Count == 0) return;
            foreach (var variable in spec.Variables.Values)
            {
                if (variable.Map != map || relocation.Addend < variable.Offset || relocation.Addend >= variable.Offset + variable.Size) continue;
                foreach (var (offset, symbol) in map.Addresses)
                {
                    if (offset < variable.Offset || offset >= variable.Offset + variable.Size) continue;
                    throw new BpfFormatException($"object {spec.Name}: program '{program.Name}': function '{function.Name}' uses variable '{variable.Name}' in {map.Name}, which holds the address of '{symbol}'; BPF has no pointers in data sections");
                }
            }
        }

        static IEnumerable<T> Ascending<T>(IReadOnlyList<T> records, Func<T, int> index)
        {
            for (var i = 1; i < records.Count; i++)
            {
                if (index(records[i - 1]) > index(records[i])) return records.OrderBy(index);
            }
            return records;
        }

        BpfFormatException Error(FunctionSpec function, Relocation relocation, string what) =>
            new($"object {spec.Name}: program '{program.Name}': function '{function.Name}', instruction {relocation.Index}: {relocation.Kind} of '{relocation.Symbol}' {what}");
    }
}
