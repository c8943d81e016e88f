// The profile in IndexedDB: one record with kinds of values that JSON does not have.

function openDatabase() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('profile', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('people', { keyPath: 'user' });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function inStore(mode, act) {
  const database = await openDatabase();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction('people', mode);
      const request = act(transaction.objectStore('people'));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const saveProfile = (person) => inStore('readwrite', (store) => store.put(person));
export const readProfile = (user) => inStore('readonly', (store) => store.get(user));
