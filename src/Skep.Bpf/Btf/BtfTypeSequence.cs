namespace Skep.Bpf;

/// <summary>The types of a <see cref="Btf"/>, all or of one kind, enumerated without allocation.</summary>
public readonly struct BtfTypeSequence
{
    readonly Btf _btf;
    readonly BtfKind? _kind;

    internal BtfTypeSequence(Btf btf, BtfKind? kind)
    {
        _btf = btf;
        _kind = kind;
    }

    /// <summary>Starts an enumeration in order of id.</summary>
    public Enumerator GetEnumerator() => new(_btf, _kind);

    /// <summary>A position in the sequence.</summary>
    public struct Enumerator
    {
        readonly Btf _btf;
        readonly BtfKind? _kind;
        uint _id;

        internal Enumerator(Btf btf, BtfKind? kind)
        {
            _btf = btf;
            _kind = kind;
            _id = btf.FirstId;
        }

        /// <summary>The type at the position.</summary>
        public BtfType Current { get; private set; }

        /// <summary>Goes to the next type; false at the end.</summary>
        public bool MoveNext()
        {
            while (_id < _btf.Count)
            {
                Current = new BtfType(_btf, _id++);
                if (_kind is null || Current.Kind == _kind) return true;
            }
            return false;
        }
    }
}
