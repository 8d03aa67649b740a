namespace Skep.Bpf.Instructions;

public sealed partial class Assembler
{
    /// <summary>Resolves the labels and returns the function.</summary>
    /// <exception cref="InvalidOperationException">A label that a jump refers to was never bound.</exception>
    public FunctionSpec Build()
    {
        foreach (var (slot, label) in _jumps.Concat(_calls))
        {
            if (_labels[label.Number - 1] < 0) throw new InvalidOperationException($"function '{Name}': the jump or call at slot {slot} refers to a label that is not bound");
        }
        var growth = FindLongJumps();
        var positions = Positions(growth);
        var code = new List<Instruction>(positions[^1]);
        for (var slot = 0; slot < _code.Count; slot++)
        {
            if (_calls.TryGetValue(slot, out var label)) code.Add(_code[slot].WithImmediate(positions[_labels[label.Number - 1]] - code.Count - 1));
            else if (!_jumps.TryGetValue(slot, out label)) code.Add(_code[slot]);
            else EmitJump(code, _code[slot], positions[_labels[label.Number - 1]], growth[slot]);
        }
        return new FunctionSpec
        {
            Name = Name,
            Linkage = Linkage,
            IsHidden = IsHidden,
            Instructions = [.. code],
            Relocations = [.. _relocations.Select(r => r with { Index = positions[r.Index] })],
            Lines = [.. _lines.Where(l => l.Index < _code.Count).Select(l => l with { Index = positions[l.Index] })],
        };
    }

    // A jump that is too far grows, which may push others out of reach: repeat until nothing changes. Growth only ever increases, so this ends.
    int[] FindLongJumps()
    {
        var growth = new int[_code.Count];
        if (_code.Count <= short.MaxValue) return growth;
        bool changed;
        do
        {
            changed = false;
            var positions = Positions(growth);
            foreach (var (slot, label) in _jumps)
            {
                if (growth[slot] > 0 || IsAlways(_code[slot])) continue;
                var distance = positions[_labels[label.Number - 1]] - positions[slot] - 1;
                if (distance is >= short.MinValue and <= short.MaxValue) continue;
                growth[slot] = CanInvert(_code[slot]) ? 1 : 2;
                changed = true;
            }
        } while (changed);
        return growth;
    }

    int[] Positions(int[] growth)
    {
        var positions = new int[_code.Count + 1];
        for (var slot = 0; slot < growth.Length; slot++) positions[slot + 1] = positions[slot] + 1 + growth[slot];
        return positions;
    }

    static void EmitJump(List<Instruction> code, Instruction jump, int target, int growth)
    {
        var distance = target - (code.Count + growth) - 1;
        switch (growth)
        {
            case 0 when distance is >= short.MinValue and <= short.MaxValue:
                code.Add(jump with { Offset = (short)distance });
                return;
            case 1:
                code.Add(jump with { Code = (byte)Invert(jump.Code), Offset = 1 });
                break;
            case 2:
                code.Add(jump with { Offset = 1 });
                code.Add(new Instruction((byte)InstructionClass.Jump | OpCode.JumpAlways, default, default, 1));
                break;
        }
        code.Add(new Instruction((byte)InstructionClass.Jump32 | OpCode.JumpAlways, default, default, 0, distance));
    }

    static bool IsAlways(Instruction jump) => (jump.Code & OpCode.OperationMask) == OpCode.JumpAlways;

    static bool CanInvert(Instruction jump) => (jump.Code & OpCode.OperationMask) is not (OpCode.JumpSet or OpCode.JumpConditional);

    static int Invert(byte code) => (code & ~OpCode.OperationMask) | (code & OpCode.OperationMask) switch
    {
        OpCode.JumpEqual => OpCode.JumpNotEqual,
        OpCode.JumpNotEqual => OpCode.JumpEqual,
        OpCode.JumpGreater => OpCode.JumpLessOrEqual,
        OpCode.JumpLessOrEqual => OpCode.JumpGreater,
        OpCode.JumpGreaterOrEqual => OpCode.JumpLess,
        OpCode.JumpLess => OpCode.JumpGreaterOrEqual,
        OpCode.JumpSignedGreater => OpCode.JumpSignedLessOrEqual,
        OpCode.JumpSignedLessOrEqual => OpCode.JumpSignedGreater,
        OpCode.JumpSignedGreaterOrEqual => OpCode.JumpSignedLess,
        _ => OpCode.JumpSignedGreaterOrEqual,
    };
}
