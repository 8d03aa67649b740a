using Skep.Bpf.Instructions;

namespace Skep.Bpf;

sealed partial class ObjectMerge
{
    void AddFunctions()
    {
        foreach (var input in _inputs)
        {
            foreach (var (name, function) in input.Spec.Functions)
            {
                if (!input.Functions.TryGetValue(name, out var newName)) continue;
                _result.Functions.Add(newName, new FunctionSpec
                {
                    Name = newName,
                    Section = function.Section,
                    Instructions = (Instruction[])function.Instructions.Clone(),
                    Linkage = function.Linkage,
                    IsWeak = function.IsWeak,
                    IsHidden = function.IsHidden,
                    Relocations = [.. function.Relocations.Select(relocation => Redirect(input, function, relocation))],
                    CoreRelocations = [.. function.CoreRelocations.Select(record => record with { TypeId = TypeOf(input, record.TypeId) })],
                    Lines = [.. function.Lines.Select(line => line with { FileOffset = StringOf(input, line.FileOffset), TextOffset = StringOf(input, line.TextOffset) })],
                    BtfTypeId = TypeOf(input, function.BtfTypeId),
                });
            }
            foreach (var program in input.Spec.Programs.Values) AddProgram(input, program);
        }
    }

    void AddProgram(LinkInput input, ProgramSpec program)
    {
        if (!input.Functions.TryGetValue(program.Name, out var name)) return;
        _result.Programs.Add(name, new ProgramSpec
        {
            Entry = _result.Functions[name],
            SectionName = program.SectionName,
            Type = program.Type,
            AttachType = program.AttachType,
            AttachTarget = program.AttachTarget,
            TargetProgram = program.TargetProgram,
            Flags = program.Flags,
            AutoLoad = program.AutoLoad,
            InterfaceIndex = program.InterfaceIndex,
        });
    }

    /// <summary>The same reference in the joined object: to the definition that won, under its new name and at its new offset.</summary>
    Relocation Redirect(LinkInput input, FunctionSpec function, Relocation relocation)
    {
        var symbol = relocation.Symbol;
        switch (relocation.Kind)
        {
            case RelocationKind.Call or RelocationKind.FunctionAddress when input.Functions.TryGetValue(symbol, out var own):
                return relocation with { Symbol = own };
            case RelocationKind.Map when input.Maps.TryGetValue(symbol, out var own):
                return relocation with { Symbol = own };
            case RelocationKind.MapValue when input.Spec.Maps.ContainsKey(symbol):
                return RedirectData(input, relocation);
        }
        if (_definitions.TryGetValue(symbol, out var definition) && !_externs.ContainsKey(symbol)) return ToDefinition(input, function, relocation, definition);
        if (relocation.Kind is RelocationKind.Extern or RelocationKind.ExternCall && _externs.ContainsKey(symbol)) return relocation;
        throw Error($"function '{function.Name}' of '{input.Name}' refers to '{symbol}', which no object defines");
    }

    Relocation RedirectData(LinkInput input, Relocation relocation)
    {
        if (!input.SectionOffsets.TryGetValue(relocation.Symbol, out var offset))
        {
            return relocation with { Symbol = input.Maps.GetValueOrDefault(relocation.Symbol, relocation.Symbol) };
        }
        foreach (var (own, winner) in input.ReplacedVariables)
        {
            if (own.Map.Name != relocation.Symbol || relocation.Addend < own.Offset || relocation.Addend >= own.Offset + own.Size) continue;
            return InVariable(relocation, winner, relocation.Addend - own.Offset);
        }
        return relocation with { Symbol = _sectionNames[relocation.Symbol], Addend = relocation.Addend + offset };
    }

    Relocation ToDefinition(LinkInput input, FunctionSpec function, Relocation relocation, LinkDefinition definition)
    {
        var isCall = relocation.Kind is RelocationKind.Call or RelocationKind.ExternCall;
        switch (definition.Kind)
        {
            case SymbolKind.Function when relocation.Kind is not (RelocationKind.Map or RelocationKind.MapValue):
                return relocation with { Kind = isCall ? RelocationKind.Call : RelocationKind.FunctionAddress, Addend = 0 };
            case SymbolKind.Map when !isCall && relocation.Addend == 0:
                return relocation with { Kind = RelocationKind.Map };
            case SymbolKind.Variable when !isCall:
                return InVariable(relocation, definition, relocation.Addend);
        }
        throw Error($"function '{function.Name}' of '{input.Name}' takes '{relocation.Symbol}' for something else than the {definition.Describe()} ({relocation.Kind})");
    }

    Relocation InVariable(Relocation relocation, LinkDefinition definition, int addend)
    {
        var variable = definition.Variable;
        var offset = definition.Input.SectionOffsets.GetValueOrDefault(variable.Map.Name);
        var holder = _sectionNames.GetValueOrDefault(variable.Map.Name, variable.Map.Name);
        return relocation with { Kind = RelocationKind.MapValue, Symbol = holder, Addend = variable.Offset + offset + addend };
    }
}
