using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Clip.Conversion.Checkpoints;

/// <summary>A class or function that a pickle names.</summary>
internal sealed record PickleGlobal(string Module, string Name);

/// <summary>An instance of a class that a pickle names: only its attributes, for no code of it is ever run.</summary>
internal sealed class PickleObject
{
    public Dictionary<object, object?> Attributes { get; } = [];
}

/// <summary>What a pickle's few permitted names mean.</summary>
internal interface IPickleHost
{
    /// <summary>Whether a pickle may name this class or function at all.</summary>
    bool Allows(PickleGlobal global);

    /// <summary>The result of calling a permitted function or class.</summary>
    object? Call(PickleGlobal global, object?[] arguments);

    /// <summary>The object that a pickle keeps outside of itself.</summary>
    object? Persistent(object? id);
}

/// <summary>
/// Reads Python pickles, as far as PyTorch's files need it (protocol 2, and the framing of 4): dictionaries (<see cref="Dictionary{TKey,
/// TValue}"/>), lists (<see cref="List{T}"/>), tuples (arrays), numbers, strings, and what the host permits. A pickle is a program, and a
/// hostile one runs what it names; here a name that the host does not know ends the reading, and nothing is ever run.
/// </summary>
internal sealed class PickleReader(Stream stream, string path, IPickleHost host)
{
    private static readonly object Mark = new();

    private readonly Stack<object?> _stack = new();
    private readonly Dictionary<uint, object?> _memo = [];

    /// <summary>Reads one pickle, from the stream's position to just behind its end.</summary>
    public object? Read()
    {
        try
        {
            while (true)
            {
                var op = stream.ReadByte();
                if (op == '.') return Pop<object?>();
                Step(op);
            }
        }
        catch (Exception e) when (e is InvalidCastException or InvalidOperationException or IndexOutOfRangeException or EndOfStreamException
            or KeyNotFoundException or ArgumentException or OverflowException)
        {
            throw new ClipException($"{path} is damaged: its pickle does not read ({e.Message.TrimEnd('.')}); get it again.", e);
        }
    }

    private void Step(int op)
    {
        switch (op)
        {
            case 0x80: Bytes(1); break;                                                             // PROTO
            case 0x95: Bytes(8); break;                                                             // FRAME
            case '(': _stack.Push(Mark); break;
            case '0': _stack.Pop(); break;
            case 'N': _stack.Push(null); break;
            case 0x88: _stack.Push(true); break;
            case 0x89: _stack.Push(false); break;
            case 'J': _stack.Push((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4))); break;    // BININT
            case 'K': _stack.Push((long)Bytes(1)[0]); break;                                        // BININT1
            case 'M': _stack.Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2))); break;   // BININT2
            case 0x8a: PushInteger(new BigInteger(Bytes(Bytes(1)[0]))); break;                        // LONG1
            case 'G': _stack.Push(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8))); break;            // BINFLOAT
            case 'X' or 'T': _stack.Push(Text(BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)))); break; // BINUNICODE, BINSTRING
            case 0x8c or 'U': _stack.Push(Text(Bytes(1)[0])); break;                                // SHORT_BINUNICODE, SHORT_BINSTRING
            case '}': _stack.Push(new Dictionary<object, object?>()); break;
            case ']': _stack.Push(new List<object?>()); break;
            case ')': _stack.Push(Array.Empty<object?>()); break;
            case 't': _stack.Push(PopToMark()); break;
            case 0x85 or 0x86 or 0x87: _stack.Push(PopMany(op - 0x84)); break;                       // TUPLE1 to TUPLE3
            case 'q': _memo[Bytes(1)[0]] = _stack.Peek(); break;
            case 'r': _memo[BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))] = _stack.Peek(); break;
            case 0x94: _memo[(uint)_memo.Count] = _stack.Peek(); break;                              // MEMOIZE
            case 'h': _stack.Push(_memo[Bytes(1)[0]]); break;
            case 'j': _stack.Push(_memo[BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))]); break;
            case 's': SetItems([.. PopMany(2)]); break;
            case 'u': SetItems(PopToMark()); break;
            case 'a': Append(PopMany(1)); break;
            case 'e': Append(PopToMark()); break;
            case 'c': PushGlobal(Line(), Line()); break;
            case 0x93: var names = PopMany(2); PushGlobal((string)names[0]!, (string)names[1]!); break; // STACK_GLOBAL
            case 'R': var arguments = Pop<object?[]>(); _stack.Push(host.Call(Pop<PickleGlobal>(), arguments)); break;
            case 0x81: Pop<object?[]>(); Pop<PickleGlobal>(); _stack.Push(new PickleObject()); break; // NEWOBJ
            case 'b': Build(Pop<object?>()); break;
            case 'Q': _stack.Push(host.Persistent(Pop<object?>())); break;                          // BINPERSID
            case -1: throw new EndOfStreamException("It ends too early.");
            default: throw new ClipException($"{path} has pickle opcode 0x{op:x2}, which no weights need; save the state_dict alone.");
        }
    }

    private void PushGlobal(string module, string name)
    {
        var global = new PickleGlobal(module, name);
        if (!host.Allows(global))
            throw new ClipException($"{path} wants to run {module}.{name}, which weights do not need; save the state_dict alone.");
        _stack.Push(global);
    }

    private void PushInteger(BigInteger value)
    {
        if (value >= long.MinValue && value <= long.MaxValue) _stack.Push((long)value);
        else _stack.Push(value);
    }

    private void Build(object? state)
    {
        // Dictionaries have attributes in Python (a state_dict's _metadata); nobody here reads them.
        if (_stack.Peek() is not PickleObject instance) return;
        foreach (var (key, value) in (Dictionary<object, object?>)state!) instance.Attributes[key] = value;
    }

    private void SetItems(object?[] items)
    {
        var dictionary = (Dictionary<object, object?>)_stack.Peek()!;
        for (var i = 0; i < items.Length; i += 2) dictionary[Key(items[i])] = items[i + 1];
    }

    // Tuples and None are keys in Python; as no weight's name is one, any distinct object serves.
    private static object Key(object? key) => key ?? Mark;

    private void Append(object?[] items) => ((List<object?>)_stack.Peek()!).AddRange(items);

    private T Pop<T>() => (T)_stack.Pop()!;

    private object?[] PopMany(int count)
    {
        var items = new object?[count];
        for (var i = count - 1; i >= 0; i--) items[i] = _stack.Pop();
        return items;
    }

    private object?[] PopToMark()
    {
        var items = new List<object?>();
        for (var item = _stack.Pop(); item != Mark; item = _stack.Pop()) items.Add(item);
        items.Reverse();
        return [.. items];
    }

    private byte[] Bytes(int count)
    {
        if (count < 0 || count > stream.Length - stream.Position) throw new EndOfStreamException("It ends too early.");
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private string Text(int count) => Encoding.UTF8.GetString(Bytes(count));

    private string Line()
    {
        var line = new List<byte>();
        for (var b = stream.ReadByte(); b != '\n'; b = stream.ReadByte())
        {
            if (b < 0) throw new EndOfStreamException("It ends too early.");
            line.Add((byte)b);
        }

        return Encoding.UTF8.GetString([.. line]);
    }
}
