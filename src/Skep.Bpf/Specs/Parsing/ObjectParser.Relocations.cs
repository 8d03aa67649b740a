using Skep.Bpf.Instructions;

namespace Skep.Bpf;

sealed partial class ObjectParser
{
    void CollectRelocations()
    {
        foreach (var relocations in _elf.Sections)
        {
            if (relocations.Type is not (ElfSectionType.Relocations or ElfSectionType.RelocationsWithAddend)) continue;
            if (relocations.Info >= (uint)_elf.Sections.Count) throw Error($"section {relocations.Name} relocates section {relocations.Info}, which does not exist");
            var section = _elf.Sections[(int)relocations.Info];
            var role = _roles[section.Index];
            if (role is SectionRole.Ignored or SectionRole.License or SectionRole.Version or SectionRole.JumpTables) continue;
            if (relocations.Type == ElfSectionType.RelocationsWithAddend) throw Error($"section {relocations.Name}: relocations with addend (SHT_RELA) are not used by BPF");
            switch (role)
            {
                case SectionRole.Code: CollectCodeRelocations(section, relocations); break;
                case SectionRole.Maps: CollectMapContents(section, relocations); break;
                case SectionRole.StructOps: CollectStructOpsFunctions(section, relocations); break;
                default: CollectAddresses(section, relocations); break;
            }
        }
        foreach (var function in _functions)
        {
            if (function.Original == function) CollectLocalCalls(function);
        }
    }

    /// <summary>Addresses stored in variables are only remembered: many objects hold some that no program reads.</summary>
    void CollectAddresses(ElfSection section, ElfSection relocations)
    {
        if (!_dataMaps.TryGetValue(section.Index, out var map)) return;
        foreach (var relocation in _elf.Relocations(relocations))
        {
            var symbol = _elf.SymbolOf(relocation, relocations);
            if (relocation.Offset >= (ulong)section.Size) throw Error($"section {section.Name}: relocation at 0x{relocation.Offset:x} lies outside");
            map.Addresses[(int)relocation.Offset] = LabelOf(symbol);
        }
        if (map.Addresses.Count > 0)
        {
            _spec.Warnings.Add($"section {section.Name} holds {map.Addresses.Count} addresses, the first of '{map.Addresses.Values[0]}'; BPF has no such pointers, programs that use them are refused");
        }
    }

    void CollectCodeRelocations(ElfSection section, ElfSection relocations)
    {
        foreach (var relocation in _elf.Relocations(relocations))
        {
            var symbol = _elf.SymbolOf(relocation, relocations);
            var slot = relocation.Offset / Instruction.Size;
            if (relocation.Offset % Instruction.Size != 0 || slot > int.MaxValue || FunctionAt(section.Index, (long)slot) is not { } function)
            {
                throw Error($"section {section.Name}: relocation at 0x{relocation.Offset:x} against '{LabelOf(symbol)}' lies in no function");
            }
            var index = (int)slot - function.Start;
            var what = $"function '{function.Spec.Name}' in section {section.Name}: instruction {index}";
            function.Relocations.Add(Resolve(function, index, relocation, symbol, what));
            function.Spec.Instructions[index] = function.Spec.Instructions[index].WithImmediate(0);
        }
    }

    Relocation Resolve(ParsedFunction function, int index, ElfRelocation relocation, ElfSymbol symbol, string what)
    {
        var instruction = function.Spec.Instructions[index];
        if (instruction.Code == OpCode.CallInstruction)
        {
            if (relocation.Type != ElfRelocationType.Call) throw Error($"{what}: relocation type {(uint)relocation.Type} on a call of '{LabelOf(symbol)}' is not supported");
            return ResolveCall(index, instruction, symbol, what);
        }
        if (relocation.Type != ElfRelocationType.WideImmediate || !instruction.IsWide)
        {
            throw Error($"{what}: relocation type {(uint)relocation.Type} against '{LabelOf(symbol)}' on opcode 0x{instruction.Code:x2} is not supported");
        }
        if (symbol.IsUndefined) return new Relocation(index, RelocationKind.Extern, ExternOf(symbol, what), instruction.Immediate);
        var section = _elf.SectionOf(symbol);
        if (symbol.Value > int.MaxValue) throw Error($"{what}: symbol '{LabelOf(symbol)}' lies outside section {section.Name}");
        var offset = (long)symbol.Value + instruction.Immediate;
        switch (_roles[section.Index])
        {
            case SectionRole.Code:
                if (offset % Instruction.Size != 0 || FunctionAt(section.Index, offset / Instruction.Size) is not { } target || target.Start != offset / Instruction.Size)
                {
                    throw Error($"{what}: takes the address of '{LabelOf(symbol)}' + {instruction.Immediate}, which is not the start of a function");
                }
                return new Relocation(index, RelocationKind.FunctionAddress, target.Spec.Name);
            case SectionRole.Maps:
                if (offset < 0 || !_mapsBySection.TryGetValue(section.Index, out var maps) || MapAround(maps, (ulong)offset) is not { } map || map.Offset != offset)
                {
                    throw Error($"{what}: refers to '{LabelOf(symbol)}' + {instruction.Immediate}, which is not a map");
                }
                return new Relocation(index, RelocationKind.Map, map.Spec.Name);
            case SectionRole.StructOps:
                if (offset < 0 || !_structOpsBySection.TryGetValue(section.Index, out var variables) || MapAround(variables, (ulong)offset) is not { } structOps || structOps.Offset != offset)
                {
                    throw Error($"{what}: refers into struct_ops section {section.Name}; only the whole variable can be named");
                }
                return new Relocation(index, RelocationKind.Map, structOps.Spec.Name);
            case SectionRole.JumpTables:
                throw Error($"{what}: jump table '{LabelOf(symbol)}' is not supported; compile with -fno-jump-tables");
            default:
                if (!_dataMaps.TryGetValue(section.Index, out var data)) throw Error($"{what}: refers to '{LabelOf(symbol)}' in section {section.Name}, which holds no data for programs");
                if (offset is < int.MinValue or > int.MaxValue) throw Error($"{what}: refers to '{LabelOf(symbol)}' + {instruction.Immediate}, outside section {section.Name}");
                return new Relocation(index, RelocationKind.MapValue, data.Name, (int)offset);
        }
    }

    Relocation ResolveCall(int index, Instruction instruction, ElfSymbol symbol, string what)
    {
        if (symbol.IsUndefined) return new Relocation(index, RelocationKind.ExternCall, ExternOf(symbol, what));
        var section = _elf.SectionOf(symbol);
        if (_roles[section.Index] != SectionRole.Code || symbol.Value % Instruction.Size != 0 || symbol.Value > int.MaxValue)
        {
            throw Error($"{what}: calls '{LabelOf(symbol)}' in section {section.Name}, which is not a function");
        }
        // The immediate counts slots from the next instruction; a call by a function's own symbol holds -1.
        var target = (long)symbol.Value / Instruction.Size + instruction.Immediate + 1;
        return new Relocation(index, RelocationKind.Call, CalledFunction(section.Index, target, what));
    }

    /// <summary>Calls within one section may be resolved by the compiler, without a relocation.</summary>
    void CollectLocalCalls(ParsedFunction function)
    {
        HashSet<int>? relocated = null;
        var code = function.Spec.Instructions;
        for (var index = 0; index < code.Length; index++)
        {
            if (code[index].IsWide)
            {
                index++;
                continue;
            }
            if (!code[index].IsSubprogramCall) continue;
            relocated ??= [.. function.Relocations.Select(relocation => relocation.Index)];
            if (relocated.Contains(index)) continue;
            var what = $"function '{function.Spec.Name}' in section {function.Spec.Section}: instruction {index}";
            var target = (long)function.Start + index + 1 + code[index].Immediate;
            function.Relocations.Add(new Relocation(index, RelocationKind.Call, CalledFunction(function.SectionIndex, target, what)));
            code[index] = code[index].WithImmediate(0);
        }
    }

    string CalledFunction(int sectionIndex, long slot, string what)
    {
        if (FunctionAt(sectionIndex, slot) is not { } function || function.Start != slot)
        {
            throw Error($"{what}: calls slot {slot} of section {_elf.Sections[sectionIndex].Name}, where no function starts");
        }
        return function.Spec.Name;
    }

    string ExternOf(ElfSymbol symbol, string what) => _spec.Externs.ContainsKey(symbol.Name)
        ? symbol.Name
        : throw Error($"{what}: refers to an undefined symbol without a name");

    string LabelOf(ElfSymbol symbol) => symbol.Name.Length > 0 || !symbol.IsDefined || symbol.SectionIndex >= _elf.Sections.Count
        ? symbol.Name
        : _elf.Sections[symbol.SectionIndex].Name;
}
