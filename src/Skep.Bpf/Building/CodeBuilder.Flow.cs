using System.Runtime.CompilerServices;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

public sealed partial class CodeBuilder
{
    Operation? _endOfIf;

    /// <summary>Code that runs when a condition holds.</summary>
    public Block If(Condition condition, [CallerArgumentExpression(nameof(condition))] string text = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(condition);
        At(file, line, $"if ({text})");
        var end = NewLabel();
        condition.JumpWhen(this, holds: false, end);
        return Open(new Scope(end, IsIf: true));
    }

    /// <summary>Code that runs when the condition of the <see cref="If"/> just closed does not hold.</summary>
    public Block Else()
    {
        if (_endOfIf is null || _operations[^1] != _endOfIf) throw new InvalidOperationException("Else follows the end of an If");
        _operations.RemoveAt(_operations.Count - 1);
        var end = NewLabel();
        Goto(end);
        _operations.Add(_endOfIf);
        return Open(new Scope(end));
    }

    /// <summary>Jumps over the rest of the C# scope when a condition holds: <c>using var skip = code.JumpIf(pid == 0);</c>.</summary>
    public Block JumpIf(Condition condition, [CallerArgumentExpression(nameof(condition))] string text = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(condition);
        At(file, line, $"jump if ({text})");
        var end = NewLabel();
        condition.JumpWhen(this, holds: true, end);
        return Open(new Scope(end));
    }

    /// <summary>
    /// A loop that runs while a condition holds, evaluated before each pass. The verifier must see that it ends: count a variable towards a constant.
    /// Requires at least Linux 5.3.
    /// </summary>
    public Block While(Func<Condition> condition, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(condition);
        At(file, line, "while");
        var (top, end) = (NewLabel(), NewLabel());
        Bind(top);
        condition().JumpWhen(this, holds: false, end);
        At(file, line, "while");
        return Open(new Scope(end, () => Goto(top), Break: end, Continue: top));
    }

    /// <summary>A loop whose variable counts from 0 up to a constant. Requires at least Linux 5.3.</summary>
    public Block For(out Value index, int count, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => For(out index, 0, count, file, line);

    /// <summary>
    /// A loop whose variable counts from <paramref name="from"/> up to, not including, <paramref name="to"/>, which has to be bounded by a constant
    /// before: <c>using var skip = code.JumpIf(n &gt; 64);</c>. Requires at least Linux 5.3.
    /// </summary>
    public Block For(out Value index, Value from, Value to, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, "for");
        var i = index = Let(from.To(ScalarType.U64), "for", file, line);
        var (top, next, end) = (NewLabel(), NewLabel(), NewLabel());
        Bind(top);
        (i < to).JumpWhen(this, holds: false, end);
        void Next()
        {
            At(file, line, "for");
            Bind(next);
            // In place: the verifier then sees one register that grows.
            Add(Immediate(i.Operand.Register, OpCode.Add, 1));
            Goto(top);
        }

        return Open(new Scope(end, Next, Break: end, Continue: next));
    }

    /// <summary>
    /// Calls a new function for each index from 0 (<c>bpf_loop</c>): cheap to verify for any count up to 8 million. The body returns 0 to go on and
    /// 1 to stop; without a return it goes on. Requires at least Linux 5.17.
    /// </summary>
    /// <param name="count">Number of passes.</param>
    /// <param name="captured">An address that the body receives, for example of a stack buffer with the state of the loop.</param>
    /// <param name="body">Builds the body: its builder, the index, the address.</param>
    /// <param name="file">The C# file of the call.</param>
    /// <param name="line">The C# line of the call.</param>
    /// <returns>The number of passes made.</returns>
    public Value Loop(Value count, Value captured, Action<CodeBuilder, Value, Value> body, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        var callback = Object.AddCallback(this, ["index", "captured"], code => body(code, code.Parameter(0), code.Parameter(1).To(ScalarType.Pointer)), file, line);
        return Call(HelperFunction.Loop, [count, AddressOfFunction(callback), captured, 0], file, line);
    }

    /// <summary>Leaves the innermost loop.</summary>
    public void Break() => Goto(Innermost(scope => scope.Break));

    /// <summary>Goes to the next pass of the innermost loop.</summary>
    public void Continue() => Goto(Innermost(scope => scope.Continue));

    /// <summary>Returns from the function.</summary>
    public void Return(Value value, [CallerArgumentExpression(nameof(value))] string text = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        At(file, line, $"return {text}");
        Add(new Operation(OperationKind.Return) { A = value.Operand });
    }

    /// <summary>Makes a label, for flow that blocks cannot express.</summary>
    public Label NewLabel() => _assembler.NewLabel();

    /// <summary>Puts a label here.</summary>
    public void Bind(Label label) => Add(new Operation(OperationKind.Bind) { Label = label });

    /// <summary>Jumps to a label.</summary>
    public void Goto(Label label) => Add(new Operation(OperationKind.Goto) { Label = label });

    /// <summary>Jumps to a label when a condition holds.</summary>
    public void GotoIf(Condition condition, Label label, [CallerArgumentExpression(nameof(condition))] string text = "", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(condition);
        At(file, line, $"goto if ({text})");
        condition.JumpWhen(this, holds: true, label);
    }

    internal void Branch(Comparison comparison, Value left, Value right, Label target) => Add(new Operation(OperationKind.Branch)
    {
        A = InRegister(left).Operand,
        B = right.Operand.FitsImmediate ? right.Operand : InRegister(right).Operand,
        Code = (int)comparison,
        Label = target,
    });

    internal void Close(int depth)
    {
        if (depth != _scopes.Count) throw new InvalidOperationException($"function '{Name}': blocks are not closed in the reverse order of their opening");
        var scope = _scopes[^1];
        _scopes.RemoveAt(_scopes.Count - 1);
        scope.AtEnd?.Invoke();
        Bind(scope.End);
        _endOfIf = scope.IsIf ? _operations[^1] : null;
    }

    Block Open(Scope scope)
    {
        _scopes.Add(scope);
        return new Block(this, _scopes.Count);
    }

    Label Innermost(Func<Scope, Label?> label)
    {
        for (var i = _scopes.Count - 1; i >= 0; i--)
        {
            if (label(_scopes[i]) is { } found) return found;
        }
        throw new InvalidOperationException($"function '{Name}': not inside of a loop");
    }
}
